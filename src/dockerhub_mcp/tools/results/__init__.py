"""Results as an agent reads them: small, true, and safe from what strangers wrote."""
