"""What a build did, for people and for programs."""
