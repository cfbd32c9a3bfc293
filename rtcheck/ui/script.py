"""What `launch` has Streamlit execute; `app.py` of the checkout is the same for ``streamlit run app.py``."""

import importlib.util
import sys
from pathlib import Path

if __name__ == "__main__":
    if importlib.util.find_spec("rtcheck") is None:  # a checkout that isn't installed
        sys.path.append(str(Path(__file__).parents[2]))
    from rtcheck.ui.page import main

    main()
