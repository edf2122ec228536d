"""Files of contracts read into lines: TXT, Markdown, DOCX, PDF."""
