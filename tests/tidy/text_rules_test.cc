#include "tests/tidy/text_rules.h"

#include <gtest/gtest.h>

#include "tests/tidy/source_tree.h"

namespace tidy {
namespace {

std::size_t Count(std::string_view path, std::string_view text) {
  return TextViolations(path, text).size();
}

TEST(TextRulesTest, WantAHeaderToIncludeItselfOnce) {
  EXPECT_EQ(Count("a.h", "int A();\n"), 1U);
  EXPECT_EQ(Count("a.h", "#pragma once\nint A();\n"), 0U);
  EXPECT_EQ(Count("a.cc", "int A();\n"), 0U);
}

TEST(TextRulesTest, RefuseUnfinishedWork) {
  EXPECT_EQ(Count("a.cc",
                  "int a;  // TO"
                  "DO: more\n"),
            1U);
  EXPECT_EQ(Count("a.cc", "int a;  // what is left to do\n"), 0U);
}

TEST(TextRulesTest, RefuseAPathOfOneMachine) {
  EXPECT_EQ(Count("a.cc",
                  "Open(\"/ho"
                  "me/jane/x\");\n"),
            1U);
  EXPECT_EQ(Count("a.cc",
                  "Parse(\"http://example.com/ho"
                  "me/x\");\n"),
            0U);
}

TEST(TextRulesTest, RefuseALongFile) {
  std::string text;
  for (int line = 0; line < 600; ++line) {
    text += "\n";
  }
  EXPECT_EQ(Count("a.cc", text), 0U);
  EXPECT_EQ(Count("a.cc", text + "\n"), 1U);
}

TEST(TextRulesTest, HoldForTheWholeTree) {
  ForEachSourceFile([](std::string_view path, std::string_view text) {
    for (const std::string& violation : TextViolations(path, text)) {
      ADD_FAILURE() << violation;
    }
  });
}

}  // namespace
}  // namespace tidy
