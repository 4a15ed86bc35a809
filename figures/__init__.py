"""How it looks: figures, tables and captions from the stored records of a run. Fits no task."""
