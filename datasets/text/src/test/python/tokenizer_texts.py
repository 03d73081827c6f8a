"""Texts in many scripts, drawn from a seed: words, marks, spaces, emoji, special tokens, and any code point."""
import random

SCRIPTS = [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0x370, 0x3FF), (0x1F00, 0x1FFF), (0x400, 0x52F), (0x530, 0x58F),
           (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0x980, 0x9FF), (0xA80, 0xAFF), (0xB80, 0xBFF), (0xC80, 0xCFF), (0xE00, 0xE7F),
           (0xF00, 0xFFF), (0x1000, 0x109F), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x13A0, 0x13FF), (0x1780, 0x17FF),
           (0x3040, 0x30FF), (0x3100, 0x312F), (0x3400, 0x3500), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFDFF),
           (0xFE70, 0xFEFF), (0xFF00, 0xFFEF), (0x10300, 0x1034F), (0x1D15E, 0x1D1FF), (0x1D400, 0x1D7FF), (0x20000, 0x20100),
           (0x2F800, 0x2FA1F)]
SPACES = [" ", " ", " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", "\v", "\f", "\x85", "\xA0", "\u1680", "\u2003", "\u2028",
          "\u2029", "\u202F", "\u205F", "\u3000", "\u200B", "\u200D", "\u2060", "\uFEFF"]
WORDS = """the of and to in a is that it was for on are with as I his they be at one have this from or had by hot but some what there we can
out other were all your when up use word how said an each she which do their time if will way about many then them would write like so
these her long make thing see him two has look more day could go come did my sound no most number who over know water than call first
people may down side been now find any new work part take get place made live where after back little only round man year came show
every good me give our under name very through just form much great think say help low line before turn cause same mean differ move right
boy old too does tell sentence set three want air well also play small end put home read hand port large spell add even land here must big
high such follow act why ask men change went light kind off need house picture try us again animal point mother world near build self earth
father don't can't won't I'm you're we've she'll they'd it's DON'T I'M WE'LL It's rock'n'roll unbelievable preprocessing tokenization
naïve café résumé Zürich Straße ﬁnal ﬂow coöperate Ἀθῆναι Москва Київ привет мир שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดีชาวโลก 안녕하세요
세계 こんにちは 世界 カタカナ 漢字 中文分词 Việt Nam İstanbul ISTANBUL ΣΊΣΥΦΟΣ ǅ ŉ ß ẞ ſtop Kelvin Ångström ½ ² x² ①② ㎏ ㍿ ﷺ ﬃ""".split()
SPECIAL = ["[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "<s>", "</s>", "<unk>", "<pad>", "<mask>", "<|endoftext|>", "<tool>", "Added", "addéd",
           "ADDED", "<0x41>", "▁", "Ġ", "##s", "</w>"]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "🇩🇪🇫🇷🇮", "❤️", "☎", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🫠"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + list("¡¿«»“”‘’„…—–·†‡。、「」！？‥؟،״׳।॥༄᠁⸮〽￥€£¢©®™°±×÷¬´¨^˜")
DIGITS = [(0x30, 0x39), (0x660, 0x669), (0x966, 0x96F), (0xE50, 0xE59), (0xFF10, 0xFF19), (0x2160, 0x216F), (0xB2, 0xB3), (0x1D7CE, 0x1D7FF)]


def character(rng, first=0, last=0x10FFFF):
    while True:
        c = rng.randint(first, last)
        if not 0xD800 <= c <= 0xDFFF:
            return chr(c)


def mark(rng):
    kind = rng.random()
    if kind < 0.6:
        return character(rng, 0x300, 0x36F)
    return character(rng, *rng.choice([(0x483, 0x489), (0x591, 0x5C7), (0x610, 0x65F), (0x93C, 0x94D), (0x9BE, 0x9D7), (0xE31, 0xE4E),
                                       (0x1AB0, 0x1ACE), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0x3099, 0x309A), (0xFE00, 0xFE0F),
                                       (0xFE20, 0xFE2F), (0x1D165, 0x1D172)]))


def part(rng):
    kind = rng.random()
    if kind < 0.42:
        word = rng.choice(WORDS)
        return rng.choice([word, word, word, word.upper(), word.capitalize()])
    if kind < 0.60:
        script = rng.choice(SCRIPTS)
        return "".join(character(rng, *script) for _ in range(rng.randint(1, 8)))
    if kind < 0.70:
        return "".join(rng.choice(PUNCTUATION) for _ in range(rng.randint(1, 3)))
    if kind < 0.76:
        digits = rng.choice(DIGITS)
        return "".join(character(rng, *digits) for _ in range(rng.randint(1, 9)))
    if kind < 0.82:
        return rng.choice(WORDS) + "".join(mark(rng) for _ in range(rng.randint(1, 4))) + rng.choice(["", rng.choice(WORDS)])
    if kind < 0.86:
        return rng.choice(EMOJI)
    if kind < 0.91:
        return rng.choice(SPECIAL)
    if kind < 0.93:
        return rng.choice(PUNCTUATION + ["a", "中", "é"]) * rng.randint(1, 40)
    if kind < 0.95:
        return character(rng, 0, 0x1F) + character(rng, 0x7F, 0x9F)
    if kind < 0.98:
        return "".join(character(rng, 0, 0x2FFFF) for _ in range(rng.randint(1, 3)))
    return character(rng)


def text(rng):
    """Returns a text of some parts, most of them with a space between."""
    made = []
    for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 12, 20])):
        made.append(part(rng))
        if rng.random() < 0.75:
            made.append(rng.choice(SPACES))
    if rng.random() < 0.1:
        made.insert(0, rng.choice(SPACES))
    return "".join(made)


def texts(seed, count):
    rng = random.Random(seed)
    return [text(rng) for _ in range(count)]


def corpus(seed, count):
    """Returns sentences of the words above, to train on."""
    rng = random.Random(seed)
    return [" ".join(rng.choice(WORDS) + rng.choice(["", "", "", ",", ".", "!", " 12", "'s"]) for _ in range(12)) for _ in range(count)]
