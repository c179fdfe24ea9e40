"""What an account and this server may do: what the doctor and the tool `what_can_i_do` both report."""
