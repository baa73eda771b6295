// The worked example of docs/history_format.md, as its readers will follow it.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "agent/history/checkpoint.h"
#include "agent/history/entry.h"
#include "agent/history/verifier.h"
#include "platform/subprocess.h"
#include "tests/platform/temporary_folder.h"

namespace agent::history {
namespace {

std::vector<std::string> LinesOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class HistoryFormat : public ::testing::Test {
 protected:
  // The blocks between ``` of the page's last section: leaves, notes, key, tree.
  void SetUp() override {
    std::ifstream file(SEKISHO_SOURCE_DIR "/docs/history_format.md");
    std::string page((std::istreambuf_iterator<char>(file)), {});
    const std::size_t section = page.find("## 8. Worked example");
    ASSERT_NE(section, std::string::npos);
    std::vector<std::string> blocks;
    bool is_inside = false;
    for (const std::string& line : LinesOf(page.substr(section))) {
      if (line.starts_with("```")) {
        is_inside = !is_inside;
        if (is_inside) blocks.emplace_back();
      } else if (is_inside) {
        blocks.back() += line + '\n';
      }
    }
    ASSERT_EQ(blocks.size(), 4U);
    leaves_text_ = blocks[0];
    notes_text_ = blocks[1];
    leaves_ = LinesOf(blocks[0]);
    const std::size_t second =
        notes_text_.find("sekisho.example.org", notes_text_.find("\u2014") + 40);
    notes_ = {notes_text_.substr(0, second), notes_text_.substr(second)};
    key_text_ = LinesOf(blocks[2]).front();
    tree_ = blocks[3];
    for (const std::string& leaf : leaves_) hashes_.push_back(LeafHash(leaf));
  }

  std::vector<VerifierKey> keys() const { return {VerifierKey::Parse(key_text_).value()}; }

  std::string leaves_text_;
  std::string notes_text_;
  std::vector<std::string> leaves_;
  std::vector<std::string> notes_;
  std::string key_text_;
  std::string tree_;
  std::vector<Hash> hashes_;
};

TEST_F(HistoryFormat, TheExamplesLeavesAreInTheFormWeWrite) {
  ASSERT_EQ(leaves_.size(), 3U);
  for (const std::string& leaf : leaves_) EXPECT_TRUE(ParseLeaf(leaf)) << leaf;
}

TEST_F(HistoryFormat, TheExampleVerifies) {
  Verifier verifier(keys());
  for (const std::string& note : notes_) verifier.AddCheckpoint(note);
  for (std::uint64_t i = 0; i < leaves_.size(); ++i) verifier.AddLeaf(i, leaves_[i]);
  const auto report = verifier.Finish();
  EXPECT_TRUE(report.ok) << report.problem;
  EXPECT_EQ(report.proved, 3U);
}

TEST_F(HistoryFormat, TheExamplesTreeIsThatOfItsLeaves) {
  const Hash n01 = NodeHash(hashes_[0], hashes_[1]);
  for (const Hash& hash : {hashes_[0], hashes_[1], hashes_[2], n01, NodeHash(n01, hashes_[2])}) {
    EXPECT_NE(tree_.find(policy::ToHex(hash)), std::string::npos) << policy::ToHex(hash);
  }
}

TEST_F(HistoryFormat, TheExamplesProofsHold) {
  const auto older = OpenCheckpoint(notes_[0], keys()).value();
  const auto newer = OpenCheckpoint(notes_[1], keys()).value();
  const std::vector<Hash> path{hashes_[0], hashes_[2]};
  EXPECT_EQ(InclusionProof(hashes_, 1), path);
  EXPECT_TRUE(VerifyInclusion(hashes_[1], 1, newer.size, path, newer.root));
  const std::vector<Hash> proof{hashes_[1], hashes_[2]};
  EXPECT_EQ(ConsistencyProof(hashes_, older.size), proof);
  EXPECT_TRUE(VerifyConsistency(older.size, older.root, newer.size, newer.root, proof));
}

TEST_F(HistoryFormat, A6_TheSecondVerifierTakesTheExample) {
  if (!platform::Run({"python3", "--version"}, {})) GTEST_SKIP() << "there is no python3";
  const platform::testing::TemporaryFolder folder;
  std::ofstream(folder / "leaves.jsonl") << leaves_text_;
  std::ofstream(folder / "notes.txt") << notes_text_;
  const auto output =
      platform::Run({"python3", SEKISHO_SOURCE_DIR "/tests/agent/verify_history.py", "--key",
                     key_text_, folder / "leaves.jsonl", folder / "notes.txt"},
                    {})
          .value();
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(output.out, "ok: 3 entries\n");
}

}  // namespace
}  // namespace agent::history
