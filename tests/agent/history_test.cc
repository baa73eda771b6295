#include "agent/history/history_writer.h"

#include <gtest/gtest.h>

#include <fstream>

#include "agent/history/entry.h"
#include "platform/subprocess.h"
#include "tests/agent/history_log.h"

namespace agent::history {
namespace {

using policy::ErrorCode;
using testing::KeyOf;
using testing::Log;
using testing::origin;

const policy::TimePoint now{std::chrono::seconds(1'700'000'000)};

std::vector<store::LeafRow> LeavesOf(store::Reader& reader) {
  return reader.Leaves(0, 1000).value();
}

std::vector<store::CheckpointRow> NotesOf(store::Reader& reader) {
  return reader.Checkpoints(0, 1000).value();
}

TEST(HistoryTest, AnUntouchedHistoryVerifies) {
  Log log;
  EXPECT_TRUE(log.Verify().ok);
  log.Write({1, 2, 3, 50, 1});
  log.Write({7});
  const auto report = log.Verify();
  EXPECT_TRUE(report.ok) << report.problem;
  EXPECT_EQ(report.entries, 64U);
  EXPECT_EQ(report.proved, 64U);
}

TEST(HistoryTest, EntriesAndActCommitTogetherOrNotAtAll) {
  Log log;
  log.Write({2});
  const auto store = log.OpenStore();
  const auto writer = HistoryWriter::Open(*store, origin, log.key()).value();
  {
    auto transaction = store->Begin().value();
    EXPECT_EQ(writer->Append(*transaction, now, {"bob", "reject", "", ""}).value(), 2U);
    ASSERT_TRUE(writer->Seal(*transaction));
  }
  writer->RolledBack();
  auto transaction = store->Begin().value();
  EXPECT_EQ(writer->Append(*transaction, now, {"eve", "approve", "", ""}).value(), 2U);
  ASSERT_TRUE(writer->Seal(*transaction));
  ASSERT_TRUE(transaction->Commit());
  writer->Committed();
  EXPECT_EQ(writer->size(), 3U);
  const auto reader = store->Read().value();
  EXPECT_EQ(ParseLeaf(reader->Leaves(2, 1)->front().leaf)->actor, "eve");
  EXPECT_TRUE(VerifyStore(*reader, log.keys())->ok);
}

TEST(HistoryTest, SealingNothingWritesNothing) {
  Log log;
  log.Write({0, 3, 0});
  const auto store = log.OpenStore();
  EXPECT_EQ(store->Read().value()->Checkpoints(0, 10)->size(), 1U);
}

TEST(HistoryTest, AnEntryThatCannotBeWrittenFailsTheAct) {
  Log log;
  const auto store = log.OpenStore();
  const auto writer = HistoryWriter::Open(*store, origin, log.key()).value();
  const auto transaction = store->Begin().value();
  EXPECT_EQ(writer->Append(*transaction, now, {"a", "b", "c", "no json"}).error().code,
            ErrorCode::malformed_input);
}

TEST(HistoryTest, OpeningRefusesATamperedHistoryAndNamesTheEntry) {
  Log log;
  log.Write({5, 5});
  log.Sql("UPDATE leaf SET leaf = replace(leaf, 'alice', 'mallory') WHERE idx = 7");
  const auto store = log.OpenStore();
  const auto writer = HistoryWriter::Open(*store, origin, log.key());
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::corrupt);
  EXPECT_NE(writer.error().detail.find("entry: 7"), std::string::npos) << writer.error().detail;
}

TEST(HistoryTest, A5_AHistoryGoesOnUnderANewKey) {
  Log log;
  log.Write({4});
  const auto old_key = KeyOf(log.key());
  log.key() = platform::SigningKey::Generate().value();
  {
    const auto store = log.OpenStore();
    EXPECT_EQ(HistoryWriter::Open(*store, origin, log.key()).error().code, ErrorCode::corrupt);
    const auto writer = HistoryWriter::Open(*store, origin, log.key(), {old_key}).value();
    auto transaction = store->Begin().value();
    ASSERT_TRUE(writer->Append(*transaction, now, {"agent", "key.change", "", ""}));
    ASSERT_TRUE(writer->Seal(*transaction));
    ASSERT_TRUE(transaction->Commit());
  }
  const auto store = log.OpenStore();
  const auto reader = store->Read().value();
  EXPECT_TRUE(VerifyStore(*reader, {old_key, KeyOf(log.key())})->ok);
  EXPECT_FALSE(VerifyStore(*reader, {KeyOf(log.key())})->ok);
}

// A1: each row tampers with a history whose checkpoints stand at 10, 20, ... 300, and 301.
struct Tampering {
  const char* name;
  const char* sql;
  std::uint64_t first_bad;
  std::uint64_t bad_before;
};

const char* const swap_sql =
    "UPDATE leaf SET idx = -1 WHERE idx = %1; UPDATE leaf SET idx = %1 WHERE idx = %2;"
    "UPDATE leaf SET idx = %2 WHERE idx = -1";
std::string Swap(int a, int b) {
  std::string sql = swap_sql;
  for (const auto& [mark, number] : {std::pair{"%1", a}, std::pair{"%2", b}}) {
    for (auto at = sql.find(mark); at != sql.npos; at = sql.find(mark)) {
      sql.replace(at, 2, std::to_string(number));
    }
  }
  return sql;
}

// Moves the entries from `from` on by one place, in two steps since indexes are unique.
std::string Shift(int from, int by) {
  return "UPDATE leaf SET idx = -idx - 1000 WHERE idx >= " + std::to_string(from) +
         ";UPDATE leaf SET idx = -idx - 1000 + (" + std::to_string(by) + ") WHERE idx < 0;";
}

std::string Insert(int index, int claimed) {
  const std::string leaf = R"({"v":1,"index":)" + std::to_string(claimed) +
                           R"(,"at":"2026-11-24T12:00:00Z","actor":"mallory","action":"approve",)"
                           R"("subject":"","detail":null})";
  return "INSERT INTO leaf VALUES(" + std::to_string(index) + ",'" + leaf + "',leaf_hash('" + leaf +
         "'),'',0);";
}

const std::string forge_at_137 =
    "UPDATE leaf SET leaf = replace(leaf, 'alice', 'mallory') WHERE idx = 137;"
    "UPDATE leaf SET hash = leaf_hash(leaf) WHERE idx = 137";
const std::string sign_with_another =
    "UPDATE checkpoint SET note = replace(note, substr(note, -12, 4),"
    " CASE substr(note, -12, 4) WHEN 'AAAA' THEN 'BBBB' ELSE 'AAAA' END) WHERE size = ";
const std::string shift_back_from_138 = "DELETE FROM leaf WHERE idx = 137;" + Shift(138, -1);
const std::string insert_at_137 = Shift(137, 1) + Insert(137, 137);
const std::string insert_at_130 = Shift(130, 1) + Insert(130, 130);
const std::string insert_copy =
    Shift(137, 1) +
    "INSERT INTO leaf SELECT 137, leaf, hash, subject, at FROM leaf WHERE idx = 136";
const std::string insert_at_end = Insert(301, 301);
const std::string swap_near = Swap(133, 136);
const std::string swap_far = Swap(133, 256);
const std::string bad_note_at_140 = sign_with_another + "140";
const std::string bad_last_note = sign_with_another + "301";

const Tampering tamperings[] = {
    {"AnEditedLeaf", "UPDATE leaf SET leaf = replace(leaf, 'alice', 'mallory') WHERE idx = 137",
     137, 138},
    {"TwoEditedLeaves", "UPDATE leaf SET leaf = leaf || ' ' WHERE idx IN (137, 251)", 137, 138},
    {"AnEditedFirstLeaf", "UPDATE leaf SET leaf = replace(leaf, 'alice', 'bob') WHERE idx = 0", 0,
     1},
    {"AnEditedLastLeaf", "UPDATE leaf SET leaf = replace(leaf, 'alice', 'bob') WHERE idx = 300",
     300, 301},
    {"AnEditedIndex", "UPDATE leaf SET leaf = replace(leaf, ':137,', ':131,') WHERE idx = 137", 137,
     138},
    {"AnEmptyLeaf", "UPDATE leaf SET leaf = '' WHERE idx = 137", 137, 138},
    {"AForgedHash", "UPDATE leaf SET hash = zeroblob(32) WHERE idx = 137", 137, 138},
    {"AForgedLeafAndHash", forge_at_137.c_str(), 130, 140},
    {"ADeletedLeaf", "DELETE FROM leaf WHERE idx = 137", 137, 138},
    {"ADeletedFirstLeaf", "DELETE FROM leaf WHERE idx = 0", 0, 1},
    {"ADeletedLeafAndTheRestMoved", shift_back_from_138.c_str(), 137, 138},
    {"AnInsertedLeaf", insert_at_137.c_str(), 137, 139},
    {"AnInsertedLeafAfterACheckpoint", insert_at_130.c_str(), 130, 132},
    {"AnInsertedCopy", insert_copy.c_str(), 137, 138},
    {"AnAppendedLeaf", insert_at_end.c_str(), 301, 302},
    {"LeavesSwappedInATransaction", swap_near.c_str(), 133, 134},
    {"LeavesSwappedAcrossTransactions", swap_far.c_str(), 133, 134},
    {"TheLastLeafCutOff", "DELETE FROM leaf WHERE idx = 300", 300, 301},
    {"ManyLeavesCutOff", "DELETE FROM leaf WHERE idx >= 137", 137, 138},
    {"AllLeavesCutOff", "DELETE FROM leaf", 0, 1},
    {"AnEditedSignature", bad_note_at_140.c_str(), 130, 131},
    {"AnEditedLastSignature", bad_last_note.c_str(), 300, 301},
    {"AnEditedRoot", "UPDATE checkpoint SET note = replace(note, '140', '141') WHERE size = 140",
     130, 131},
    {"AMisfiledCheckpoint", "UPDATE checkpoint SET size = 139 WHERE size = 140", 130, 131},
    {"ACheckpointFiledAfterTheLast", "UPDATE checkpoint SET size = 5000 WHERE size = 140", 301,
     302},
    {"AHashOfTheWrongLength", "UPDATE leaf SET hash = x'00' WHERE idx = 137", 137, 138},
    {"ALastHashOfTheWrongLength", "UPDATE leaf SET hash = x'' WHERE idx = 300", 300, 301},
    {"TheLastCheckpointGone", "DELETE FROM checkpoint WHERE size = 301", 300, 301},
    {"AllCheckpointsGone", "DELETE FROM checkpoint", 0, 1},
    {"AnOlderNoteInPlaceOfTheLast",
     "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 300)"
     " WHERE size = 301",
     300, 301},
};

class A1 : public ::testing::TestWithParam<Tampering> {};

Log TamperedLog(const Tampering& tampering) {
  Log log;
  log.Write(std::vector<int>(30, 10));
  log.Write({1});
  log.Sql(tampering.sql);
  return log;
}

TEST_P(A1, NamesTheFirstBadIndex) {
  const auto report = TamperedLog(GetParam()).Verify();
  EXPECT_FALSE(report.ok);
  ASSERT_TRUE(report.first_bad_index);
  EXPECT_EQ(*report.first_bad_index, GetParam().first_bad) << report.problem;
  EXPECT_EQ(report.bad_before, GetParam().bad_before) << report.problem;
  EXPECT_FALSE(report.problem.empty());
  EXPECT_LE(report.proved, *report.first_bad_index);
}

INSTANTIATE_TEST_SUITE_P(Tampering, A1, ::testing::ValuesIn(tamperings),
                         [](const auto& info) { return std::string(info.param.name); });

// Without stored hashes, as over the API, an edited leaf is known up to its transaction.
TEST(HistoryTest, A1_WithoutStoredHashesTheTransactionIsNamed) {
  const Log log = TamperedLog(tamperings[0]);
  const auto store = log.OpenStore();
  const auto reader = store->Read().value();
  Verifier verifier(log.keys());
  for (const auto& row : NotesOf(*reader)) verifier.AddCheckpoint(row.note);
  for (const auto& row : LeavesOf(*reader)) verifier.AddLeaf(row.index, row.leaf);
  const auto report = verifier.Finish();
  EXPECT_EQ(report.first_bad_index, 130U);
  EXPECT_EQ(report.bad_before, 140U);
}

TEST(HistoryTest, A2_AWitnessedCheckpointExposesARewriteWithTheRealKey) {
  Log log;
  log.Write({5, 5});
  std::string witnessed;
  {
    const auto store = log.OpenStore();
    witnessed = store->Read().value()->LatestCheckpoint().value()->note;
  }
  EXPECT_TRUE(log.Verify({witnessed}).ok);
  log.Sql("DELETE FROM leaf WHERE idx >= 5; DELETE FROM checkpoint WHERE size > 5");
  EXPECT_TRUE(log.Verify().ok);
  EXPECT_EQ(log.Verify({witnessed}).first_bad_index, 5U);
  log.Write({3, 4});
  EXPECT_TRUE(log.Verify().ok);
  const auto report = log.Verify({witnessed});
  EXPECT_EQ(report.first_bad_index, 8U) << report.problem;
  EXPECT_EQ(report.bad_before, 10U);
}

// The verifier in Python, written from the documentation alone.
class SecondVerifier : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!platform::Run({"python3", "--version"}, {})) GTEST_SKIP() << "there is no python3";
  }
  static platform::ProcessOutput Verify(const Log& log, std::vector<std::string> files) {
    std::vector<std::string> argv{"python3", SEKISHO_SOURCE_DIR "/tests/agent/verify_history.py",
                                  "--key", log.keys().front().ToText()};
    argv.insert(argv.end(), files.begin(), files.end());
    return platform::Run(argv, {}).value();
  }
};

TEST_F(SecondVerifier, A6_AgreesOnAGoodHistory) {
  Log log;
  log.Write({1, 2, 3, 100, 31});
  const auto from_store = Verify(log, {log.file()});
  EXPECT_EQ(from_store.exit_code, 0) << from_store.out << from_store.err;
  EXPECT_EQ(from_store.out, "ok: 137 entries\n");

  const auto leaves_file = log.file().string() + ".jsonl";
  const auto notes_file = log.file().string() + ".txt";
  {
    const auto store = log.OpenStore();
    const auto reader = store->Read().value();
    std::ofstream leaves(leaves_file);
    std::ofstream notes(notes_file);
    for (const auto& row : LeavesOf(*reader)) leaves << row.leaf << '\n';
    for (const auto& row : NotesOf(*reader)) notes << row.note;
  }
  const auto from_files = Verify(log, {leaves_file, notes_file});
  EXPECT_EQ(from_files.out, "ok: 137 entries\n") << from_files.err;
}

TEST_F(SecondVerifier, A6_AgreesOnEveryTampering) {
  for (const Tampering& tampering : tamperings) {
    const Log log = TamperedLog(tampering);
    const auto output = Verify(log, {log.file()});
    EXPECT_EQ(output.exit_code, 1) << tampering.name << ": " << output.out << output.err;
    const std::string number = std::to_string(tampering.first_bad);
    EXPECT_TRUE(output.out.find("entry " + number + ":") != std::string::npos ||
                output.out.find("in [" + number + ",") != std::string::npos)
        << tampering.name << ": " << output.out;
  }
}

// No proof can cover such a row, so no search may show it.
TEST(HistorySearch, A1_AnEntryBeforeTheFirstIsNeverShown) {
  testing::Log log;
  log.Write({2});
  log.Sql(
      "INSERT INTO leaf SELECT -1, leaf, hash, 'domain forged.example', at FROM leaf WHERE idx = "
      "0");
  const auto store = log.OpenStore();
  const auto reader = store->Read().value();
  EXPECT_TRUE(reader->LeavesAbout("domain forged.example", 0, 10).value().empty());
  EXPECT_EQ(reader->FirstLeafSince(policy::TimePoint{}).value(), 0U);
}

}  // namespace
}  // namespace agent::history
