// The web client asks for this file; there is nothing to add.
