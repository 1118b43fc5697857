"""Speed and segmentation against peers. Nothing in here is part of the installed package."""
