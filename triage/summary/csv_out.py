"""A release as a table for machines, with a page that says how to read it.

The column is called a measured value with noise, never a number of cases: whoever opens it in a
spreadsheet shall not mistake -3 for a typing error, set it to 0, or rank schools by it.
"""

from __future__ import annotations

import csv
import io
import math

from triage.summary import codebook, release

READ_FIRST = "doc-truoc.txt"
_HEADER = ("truong", "ky", "bang", "o", "nhan", "gia_tri_do_co_nhieu", "sai_so_chuan")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = """ĐỌC TRƯỚC KHI DÙNG SỐ LIỆU

Vì sao có số âm? Trước khi gửi, mỗi số được cộng thêm một lượng ngẫu nhiên nhỏ, có thể âm, để không ai \
suy ra được một em có trong số liệu hay không. Số −3 nghĩa là “ít hoặc không có”, không phải lỗi nhập liệu. \
Xin không sửa số âm thành 0 và không làm tròn trước khi cộng: cộng cả số âm thì tổng của thành phố mới đúng. \
Số của một trường không dùng để xếp hạng, xét thi đua: trường có số cao thường là trường mà học sinh dám nói.

Cột «gia_tri_do_co_nhieu»: số đo đã có nhiễu, tính theo học sinh, mỗi em một lần trong mỗi bảng.
Cột «sai_so_chuan»: sai số chuẩn của một số. Cộng n trường thì sai số chuẩn nhân với căn bậc hai của n.
Không cộng các tháng thành học kỳ, không cộng các học kỳ thành năm: một em có thể có mặt trong nhiều kỳ.
Bản gốc có chữ ký là tệp .dsse.json; tệp .csv chỉ để tiện dùng.

READ BEFORE USE

Why are some numbers negative? Before it was sent, a small random amount, sometimes negative, was added to \
every number, so that nobody can tell whether one student is among them. −3 means “few or none”, not a \
typing error. Please do not change negative numbers to 0 and do not round before adding: only with the \
negative numbers is the sum of a city right. One school's numbers are no ground for ranking: a school with high \
numbers is often one where students dare to speak.

Column "gia_tri_do_co_nhieu": the measured value with noise, of students, each once in every table.
Column "sai_so_chuan": its standard error. For a sum over n schools multiply by the square root of n.
Do not add months to a term or terms to a year: a student may stand in several periods.
The signed original is the file .dsse.json; the .csv is for convenience.
"""


def files(payload: bytes) -> dict[str, bytes]:
    """The files of a release for a spreadsheet, by name: the table and what to read before it.

    Args:
        payload: a release as ``release.draw`` wrote it.

    Raises:
        errors.CheckFailed: ``summary-shape``.
    """
    document = release.read(payload)
    name = f"so-do-co-nhieu-{document['school']}-{document['period']}.csv"
    deviation = math.isqrt(document["sigma2"])
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";", lineterminator="\r\n")
    write.writerow(_HEADER)
    for table, part in zip(codebook.tables(document["shape"]), document["tables"], strict=True):
        for cell, value in zip(table.cells, part["values"], strict=True):
            words = (document["school"], document["period"], table.name, cell.key, cell.vi)
            write.writerow([*(_plain(word) for word in words), value, deviation])
    return {name: out.getvalue().encode("utf-8-sig"), READ_FIRST: _WORDS.encode("utf-8-sig")}


def _plain(text: str) -> str:
    """``text`` as a spreadsheet takes it for words: never the beginning of a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
