"""From claimed file to reported documents: reads like the flow in docs/architecture.md."""
