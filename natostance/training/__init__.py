"""Learning: recipe, examples, loop, and the run that tells the story."""
