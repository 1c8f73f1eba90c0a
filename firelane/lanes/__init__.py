"""Free space, pinches, pieces and reach, centrelines and profile: geometry in metres, no rule known."""
