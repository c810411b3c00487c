"""How people reach ringo-emu; nothing further in knows them."""
