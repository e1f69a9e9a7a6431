"""How far a student is from its teacher."""
