"""An HTML page, read by the standard library's parser."""

from html.parser import HTMLParser

VOID = {"meta"}


class Page(HTMLParser):
    """Checks that tags nest, and keeps rows, attributes and text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.rows, self.attributes, self.values, self.text = [], [], [], {}, ""

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append({"text": "", **dict(attrs)})

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data
        if "tr" in self.open:
            self.rows[-1][-1]["text"] += data


def parse(text):
    """The page of a text whose tags nest."""
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page
