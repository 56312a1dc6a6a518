"""The organisation's money on the desk: gifts, refunds, disputes, payouts, differences, exports."""
