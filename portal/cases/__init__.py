"""Cases: from a person's words to a public answer that the person has judged."""
