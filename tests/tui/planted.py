"""What is planted and must be found nowhere: invented words that occur in no program."""

SECRET = "zulukapoc-passphrase-vofita"
NOTE = "Bạn Trầm Zukavo ở lớp vofita kể chuyện"
