#include "cli/terminal_text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

struct Case {
  const char* text;
  const char* shown;
};

TEST(SanitiseTest, ShowsWhatATerminalWouldObey) {
  const Case cases[] = {
      {"evil.example", "evil.example"},
      {"関所 é", "関所 é"},
      {"a\nb\r\tc", "a<U+000A>b<U+000D><U+0009>c"},
      {"\x1b[2Jgone", "<U+001B>[2Jgone"},
      {"\x7f", "<U+007F>"},
      {"\xc2\x9b"
       "2J",
       "<U+009B>2J"},  // C1: CSI in one character
      {"a\xe2\x80\xae"
       "gpj.exe",
       "a<U+202E>gpj.exe"},  // right-to-left override
      {"a\xe2\x81\xa6"
       "b",
       "a<U+2066>b"},                                            // isolate
      {"pay\xe2\x80\x8bpal", "pay<U+200B>pal"},                  // zero width space
      {"\xf3\xa0\x81\x81", "<U+E0041>"},                         // tag
      {"\xe2\x80\xa8", "<U+2028>"},                              // line separator
      {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},                  // no UTF-8
      {"\xc0\x8a", "\xef\xbf\xbd\xef\xbf\xbd"},                  // an overlong newline
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // a surrogate
      {"\xe9\x96", "\xef\xbf\xbd\xef\xbf\xbd"},                  // cut short
  };
  for (const Case& c : cases) EXPECT_EQ(Sanitise(c.text), c.shown);
}

TEST(DisplayWidthTest, CountsColumnsOfATerminal) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("関所"), 4U);
  EXPECT_EQ(DisplayWidth("ｶﾞ"), 2U);         // halfwidth
  EXPECT_EQ(DisplayWidth("Ａ"), 2U);         // fullwidth
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1U);  // a combining accent
  EXPECT_EQ(DisplayWidth("🚧"), 2U);
}

TEST(TruncateTest, CutsBetweenCharacters) {
  EXPECT_EQ(Truncate("abcdef", 6), "abcdef");
  EXPECT_EQ(Truncate("abcdef", 5), "abcd…");
  EXPECT_EQ(Truncate("関所関所", 6), "関所…");
  EXPECT_EQ(Truncate("関所関所", 4), "関…");
  EXPECT_EQ(Truncate("abc", 1), "…");
  EXPECT_EQ(Truncate("abc", 0), "");
}

}  // namespace
}  // namespace cli
