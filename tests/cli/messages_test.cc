#include "cli/messages.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "cli/terminal_text.h"

namespace cli {
namespace {

// "{}" counts up; "{1}" names one.
std::set<int> PlaceholdersOf(std::string_view text) {
  std::set<int> found;
  int next = 0;
  for (auto at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
    found.insert(text[at + 1] == '}' ? next++ : text[at + 1] - '0');
  }
  return found;
}

TEST(MessagesTest, BothLanguagesSayEverythingWithTheSamePlaceholders) {
  for (const Message& message : Catalogue()) {
    EXPECT_FALSE(message.en.empty());
    EXPECT_FALSE(message.ja.empty()) << message.en;
    EXPECT_EQ(PlaceholdersOf(message.en), PlaceholdersOf(message.ja)) << message.en;
    EXPECT_EQ(Sanitise(message.ja), message.ja);
  }
}

TEST(MessagesTest, OnlyHeadersMayBeTheSameInBothLanguages) {
  for (const Message& message : Catalogue()) {
    EXPECT_TRUE(message.id == Text::id || message.en != message.ja) << message.en;
  }
}

TEST(MessagesTest, JapaneseSpeaksPolitelyThroughout) {
  for (const Message& message : Catalogue()) {
    for (const char* plain : {"である。", "した。", "ない。"}) {
      const bool is_plain = message.ja.ends_with(plain) && !message.ja.ends_with("ました。");
      EXPECT_FALSE(is_plain) << message.ja;
    }
  }
}

TEST(MessagesTest, TheLocaleDecidesUnlessOneIsAskedFor) {
  EXPECT_EQ(ChooseLanguage("", "ja_JP.UTF-8"), Language::ja);
  EXPECT_EQ(ChooseLanguage("", "C.UTF-8"), Language::en);
  EXPECT_EQ(ChooseLanguage("", ""), Language::en);
  EXPECT_EQ(ChooseLanguage("en", "ja_JP.UTF-8"), Language::en);
  EXPECT_EQ(ChooseLanguage("ja", "C"), Language::ja);
}

}  // namespace
}  // namespace cli
