"""The browser front end: ``streamlit run app.py``."""

from rtcheck.ui.page import main

if __name__ == "__main__":
    main()
