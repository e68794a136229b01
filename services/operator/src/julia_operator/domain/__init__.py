"""What a resource says, and what is said of it: rules without effects."""
