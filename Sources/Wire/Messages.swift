// This module exports the protocol's messages, because every user of the protocol needs them.
@_exported public import DuctusMessages
