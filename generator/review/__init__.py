"""What reviewers ask of generated files: what changed, why, where a line comes from, what it reaches."""
