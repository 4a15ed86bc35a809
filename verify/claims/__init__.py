"""The claims of the paper as experiments: what each predicts, what is measured, and what follows."""
