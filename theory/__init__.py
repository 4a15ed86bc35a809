"""What is claimed: bounds, the quantities they bound, and the certified margin. numpy and scipy only."""
