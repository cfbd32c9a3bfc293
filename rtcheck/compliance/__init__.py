"""Whether a treatment keeps a protocol's rules besides its doses: lesions, planning CT, margins, people, dates."""
