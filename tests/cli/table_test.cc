#include "cli/table.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(TableTest, AlignsByWhatIsSeen) {
  EXPECT_EQ(Render({{"NAME", "X"}, {{"関所", "1"}, {"a", "2"}, {"", "3"}}}),
            "NAME  X\n"
            "関所  1\n"
            "a     2\n"
            "-     3\n");
}

TEST(TableTest, NeedsNoHeaders) {
  EXPECT_EQ(Render({{}, {{"ID", "5"}, {"STATE", "pending"}}}), "ID     5\nSTATE  pending\n");
  EXPECT_EQ(Render({}), "");
}

TEST(TableTest, KeepsEachRowOnOneLine) {
  EXPECT_EQ(Render({{"A"}, {{"x\ny"}}}), "A\nx<U+000A>y\n");
}

TEST(TableTest, CutsTheWidestColumnToFitTheTerminal) {
  const Table table{{"ID", "REASON"}, {{"1", "a very long reason indeed"}}};
  EXPECT_EQ(Render(table, {.columns = 16}), "ID  REASON\n1   a very long…\n");
  EXPECT_EQ(Render(table), "ID  REASON\n1   a very long reason indeed\n");
}

TEST(TableTest, StaysReadableOnAnAbsurdTerminal) {
  EXPECT_EQ(Render({{"A", "B"}, {{"1234567890", "1234567890"}}}, {.columns = 1}),
            "A         B\n1234567…  1234567…\n");
}

TEST(TableTest, SetsHeadersInBold) {
  EXPECT_EQ(Render({{"A"}, {{"1"}}}, {.bold_headers = true}), "\x1b[1mA\x1b[0m\n1\n");
}

}  // namespace
}  // namespace cli
