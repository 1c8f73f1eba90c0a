"""What-if: obstacles added, moved or removed, and the new verdict without measuring the site anew."""
