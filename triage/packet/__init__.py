"""Evidence packets: a bag of files, signed, then sealed for a recipient."""
