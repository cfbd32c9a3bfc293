"""The browser front end: it chooses and shows; every number comes from the library.

`launch` starts it and needs no Streamlit to be imported; `page` is the page.
"""
