"""The machine that a job runs on: its processor, its GPUs and their memory."""
