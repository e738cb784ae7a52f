"""Published figures beside the models: study files, unknowns, verdicts, calibration."""
