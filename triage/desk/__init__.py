"""What a counsellor does: one acting function is one transaction and one audit entry."""
