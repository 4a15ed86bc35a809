"""The only place where torch is imported: gradient descent on every leave-one-out replica at once."""
