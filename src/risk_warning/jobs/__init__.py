"""The jobs one runs or schedules: each puts a book, a model and the watch list together."""
