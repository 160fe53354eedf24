"""What the portal holds of one person: taking it away as a file, and leaving for good."""
