"""Tables, engine, migrations and data sets. Knows nothing of the rules in portal/ nor of any screen."""
