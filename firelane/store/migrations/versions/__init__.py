"""The steps of the schema, oldest first: rNNNN_topic.py."""
