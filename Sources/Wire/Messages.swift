// Whoever speaks the protocol needs its messages: they come with this module.
@_exported public import DuctusMessages
