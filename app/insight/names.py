"""The models' names: what a command offers before it loads any of them."""

NAMES = ("markov", "shapley", "first", "last", "linear", "decay", "position")
