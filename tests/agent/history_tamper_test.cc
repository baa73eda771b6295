#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "agent/history/checkpoint.h"
#include "agent/history/entry.h"
#include "agent/history/verifier.h"
#include "platform/subprocess.h"
#include "tests/platform/temporary_folder.h"

namespace agent::history {
namespace {

const std::string origin = "sekisho.example.org/history";

// What a store would hand to a verifier.
struct Rows {
  std::vector<store::LeafRow> leaves;
  std::vector<store::CheckpointRow> notes;
};

Entry EntryOf(std::uint64_t index) {
  return {index,
          policy::TimePoint(std::chrono::seconds(1'700'000'000 + index)),
          "alice",
          "approve",
          "domain d" + std::to_string(index) + ".example",
          "{\"n\":1}"};
}

store::LeafRow RowOf(const Entry& entry) {
  const std::string leaf = LeafOf(entry).value();
  return {entry.index, leaf, LeafHash(leaf)};
}

store::LeafRow ForgedRow(std::uint64_t index) {
  Entry entry = EntryOf(index);
  entry.actor = "mallory";
  return RowOf(entry);
}

// The forger's work: each row takes the index of its place...
void CloseUp(std::vector<store::LeafRow>& leaves) {
  for (std::uint64_t i = 0; i < leaves.size(); ++i) leaves[i].index = i;
}
// ...and in the thorough form says so itself, with a hash that fits.
void Renumber(std::vector<store::LeafRow>& leaves) {
  for (std::uint64_t i = 0; i < leaves.size(); ++i) {
    Entry entry = ParseLeaf(leaves[i].leaf).value();
    entry.index = i;
    leaves[i] = RowOf(entry);
  }
}

class HistoryTamper : public ::testing::Test {
 protected:
  // Transactions of 1, 2, 3, 4 and 1 entries: of every position within one, there is a case.
  HistoryTamper() {
    CompactTree tree;
    for (const std::uint64_t count : {1, 2, 3, 4, 1}) {
      for (std::uint64_t i = 0; i < count; ++i) {
        good_.leaves.push_back(RowOf(EntryOf(tree.size())));
        tree.Append(good_.leaves.back().hash);
      }
      good_.notes.push_back({tree.size(), Sign({origin, tree.size(), tree.root()}, key_)});
    }
  }

  static std::string Sign(const Checkpoint& checkpoint, const platform::SigningKey& key) {
    return SignCheckpoint(checkpoint, key).value();
  }
  std::vector<VerifierKey> keys() const {
    return {VerifierKey::From(origin, key_.public_key()).value()};
  }
  std::uint64_t size() const { return good_.leaves.size(); }
  std::uint64_t TransactionStart(std::uint64_t index) const {
    std::uint64_t start = 0;
    for (const auto& note : good_.notes) start = note.size <= index ? note.size : start;
    return start;
  }
  std::uint64_t TransactionEnd(std::uint64_t index) const {
    for (const auto& note : good_.notes) {
      if (note.size > index) return note.size;
    }
    return index + 1;
  }

  VerifyReport Verify(const Rows& rows, const std::vector<std::string>& witnessed = {}) const {
    Verifier verifier(keys());
    for (const std::string& note : witnessed) EXPECT_TRUE(verifier.AddWitnessed(note));
    for (const auto& row : rows.notes) verifier.AddCheckpoint(row.note, row.size);
    for (const auto& row : rows.leaves) verifier.AddLeaf(row.index, row.leaf, row.hash);
    return verifier.Finish();
  }

  // That the report names exactly `index`.
  static void ExpectNamed(const VerifyReport& report, std::uint64_t index) {
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.first_bad_index, index) << report.problem;
    EXPECT_LE(report.proved, index) << report.problem;
    EXPECT_FALSE(report.problem.empty());
  }
  // That the report bounds it by the transaction which it was written in.
  void ExpectBounded(const VerifyReport& report, std::uint64_t index) const {
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.proved, TransactionStart(index)) << report.problem;
    ASSERT_TRUE(report.first_bad_index);
    EXPECT_LE(*report.first_bad_index, index) << report.problem;
    EXPECT_GT(report.bad_before, index) << report.problem;
    EXPECT_LE(report.bad_before, std::max(TransactionEnd(index), index + 1)) << report.problem;
  }

  // Calls back with each index at which an entry stands.
  void AtEveryIndex(const std::function<void(std::uint64_t, Rows)>& tamper) const {
    for (std::uint64_t i = 0; i < size(); ++i) {
      SCOPED_TRACE("at index " + std::to_string(i));
      tamper(i, good_);
    }
  }
  static auto At(std::vector<store::LeafRow>& leaves, std::uint64_t index) {
    return leaves.begin() + static_cast<std::ptrdiff_t>(index);
  }

  platform::SigningKey key_ = platform::SigningKey::Generate().value();
  Rows good_;
};

TEST_F(HistoryTamper, A1_AnUntouchedHistoryVerifies) {
  const auto report = Verify(good_);
  EXPECT_TRUE(report.ok) << report.problem;
  EXPECT_EQ(report.entries, size());
  EXPECT_EQ(report.proved, size());
  EXPECT_FALSE(report.first_bad_index);
}

TEST_F(HistoryTamper, A1_AnEditIsNamed) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves[i].leaf = ForgedRow(i).leaf;
    ExpectNamed(Verify(rows), i);
  });
}

TEST_F(HistoryTamper, A1_AnEditWithItsHashRewrittenIsBoundedByItsTransaction) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves[i] = ForgedRow(i);
    const auto report = Verify(rows);
    ExpectBounded(report, i);
    EXPECT_EQ(report.first_bad_index, TransactionStart(i));
    EXPECT_EQ(report.bad_before, TransactionEnd(i));
  });
}

TEST_F(HistoryTamper, A1_EveryFlippedBitOfAStoredHashIsNamed) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    for (std::size_t bit = 0; bit < 256; bit += 37) {
      Rows flipped = rows;
      auto& byte = flipped.leaves[i].hash[bit / 8];
      byte = static_cast<std::uint8_t>(byte ^ (1U << (bit % 8)));
      ExpectNamed(Verify(flipped), i);
    }
  });
}

TEST_F(HistoryTamper, A1_ADeletionIsNamed) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves.erase(At(rows.leaves, i));
    ExpectNamed(Verify(rows), i);
    CloseUp(rows.leaves);
    ExpectNamed(Verify(rows), i);
    Renumber(rows.leaves);
    ExpectBounded(Verify(rows), i);
  });
}

TEST_F(HistoryTamper, A1_ARowMovedUnderAnotherIndexIsNamed) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    for (std::uint64_t j = i; j < size(); ++j) ++rows.leaves[j].index;
    ExpectNamed(Verify(rows), i);
  });
}

TEST_F(HistoryTamper, A1_AnInsertionIsBoundedByItsTransaction) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves.insert(At(rows.leaves, i), ForgedRow(i));
    CloseUp(rows.leaves);
    ExpectBounded(Verify(rows), i);
    Renumber(rows.leaves);
    ExpectBounded(Verify(rows), i);
  });
  Rows appended = good_;
  appended.leaves.push_back(ForgedRow(size()));
  ExpectNamed(Verify(appended), size());
}

TEST_F(HistoryTamper, A1_ACopyInsertedAgainIsBoundedByItsTransaction) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves.insert(At(rows.leaves, i), rows.leaves[i]);
    CloseUp(rows.leaves);
    ExpectBounded(Verify(rows), i + 1);
  });
}

TEST_F(HistoryTamper, A1_AReorderingOfAnyTwoIsNamed) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    for (std::uint64_t j = i + 1; j < size(); ++j) {
      SCOPED_TRACE("with " + std::to_string(j));
      Rows swapped = rows;
      std::swap(swapped.leaves[i], swapped.leaves[j]);
      CloseUp(swapped.leaves);
      ExpectNamed(Verify(swapped), i);
      Renumber(swapped.leaves);
      ExpectBounded(Verify(swapped), i);
      Rows texts_swapped = rows;
      std::swap(texts_swapped.leaves[i].leaf, texts_swapped.leaves[j].leaf);
      ExpectNamed(Verify(texts_swapped), i);
    }
  });
}

TEST_F(HistoryTamper, A1_ATruncationIsNamed) {
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves.resize(i);
    ExpectNamed(Verify(rows), i);
  });
}

// Cut together with its checkpoints, a history looks whole, or unfinished: a witness is needed.
TEST_F(HistoryTamper, A1_ATruncationWithItsCheckpointsIsNamedByAWitnessedOne) {
  const std::string witnessed = good_.notes.back().note;
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    rows.leaves.resize(i);
    std::erase_if(rows.notes, [i](const auto& note) { return note.size > i; });
    EXPECT_EQ(Verify(rows).ok, TransactionStart(i) == i);
    ExpectNamed(Verify(rows, {witnessed}), i);
  });
}

TEST_F(HistoryTamper, A1_AForgedSignatureIsNamed) {
  for (std::size_t n = 0; n < good_.notes.size(); ++n) {
    SCOPED_TRACE("checkpoint " + std::to_string(n));
    const std::uint64_t start = n == 0 ? 0 : good_.notes[n - 1].size;
    Rows flipped = good_;
    char& digit = flipped.notes[n].note.at(flipped.notes[n].note.size() - 10);
    digit = digit == 'A' ? 'B' : 'A';
    ExpectNamed(Verify(flipped), start);
    Rows foreign = good_;
    const auto checkpoint = OpenCheckpoint(good_.notes[n].note, keys()).value();
    foreign.notes[n].note = Sign(checkpoint, platform::SigningKey::Generate().value());
    ExpectNamed(Verify(foreign), start);
  }
}

TEST_F(HistoryTamper, A1_AMissingFinalCheckpointIsNamed) {
  while (!good_.notes.empty()) {
    good_.notes.pop_back();
    ExpectNamed(Verify(good_), good_.notes.empty() ? 0 : good_.notes.back().size);
  }
}

// A forger who spoils one entry in the open, to hide another before it, is not believed: what
// stands between the last good checkpoint and the entry named counts as unproved.
TEST_F(HistoryTamper, A1_ANoisyForgeryDoesNotVouchForWhatIsBeforeIt) {
  const std::uint64_t start = 6;  // of the transaction of four
  good_.leaves[start + 1] = ForgedRow(start + 1);
  good_.leaves[start + 3].leaf = ForgedRow(start + 3).leaf;
  const auto report = Verify(good_);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.proved, start);
  EXPECT_NE(report.problem.find("those from 6 up to it may be bad as well"), std::string::npos)
      << report.problem;
}

TEST_F(HistoryTamper, A5_UnknownSignatureLinesAndAKeyRotationVerify) {
  const auto new_key = platform::SigningKey::Generate().value();
  const auto witness = platform::SigningKey::Generate().value();
  Rows rows = good_;
  for (auto& row : rows.notes) {
    auto checkpoint = OpenCheckpoint(row.note, keys()).value();
    if (row.size > 6) row.note = Sign(checkpoint, new_key);
    checkpoint.origin = "witness.example.net";
    const std::string other = Sign(checkpoint, witness);
    row.note += other.substr(other.rfind("\u2014"));
  }
  std::vector<VerifierKey> both = keys();
  both.push_back(VerifierKey::From(origin, new_key.public_key()).value());
  Verifier verifier(both);
  for (const auto& row : rows.notes) verifier.AddCheckpoint(row.note, row.size);
  for (const auto& row : rows.leaves) verifier.AddLeaf(row.index, row.leaf, row.hash);
  const auto report = verifier.Finish();
  EXPECT_TRUE(report.ok) << report.problem;
  ExpectNamed(Verify(rows), 6);  // under the old key alone
}

// The verifier written in Python from docs/history_format.md, on the exported form of a history.
class HistoryTamperInPython : public HistoryTamper {
 protected:
  void SetUp() override {
    if (!platform::Run({"python3", "--version"}, {})) GTEST_SKIP() << "there is no python3";
  }

  platform::ProcessOutput RunPython(const Rows& rows) const {
    const auto leaves_file = folder_ / "leaves.jsonl";
    const auto notes_file = folder_ / "notes.txt";
    {
      std::ofstream leaves(leaves_file);
      std::ofstream notes(notes_file);
      for (const auto& row : rows.leaves) leaves << row.leaf << '\n';
      for (const auto& row : rows.notes) notes << row.note;
    }
    return platform::Run({"python3", SEKISHO_SOURCE_DIR "/tests/agent/verify_history.py", "--key",
                          keys().front().ToText(), leaves_file, notes_file},
                         {})
        .value();
  }

  // Exported, a leaf has neither a stored hash nor an index besides its own.
  VerifyReport VerifyExported(const Rows& rows) const {
    Verifier verifier(keys());
    for (const auto& row : rows.notes) verifier.AddCheckpoint(row.note);
    std::uint64_t line = 0;
    for (const auto& row : rows.leaves) verifier.AddLeaf(line++, row.leaf);
    return verifier.Finish();
  }

  void ExpectAgreement(const Rows& rows) const {
    const auto report = VerifyExported(rows);
    ASSERT_TRUE(report.first_bad_index);
    const auto python = RunPython(rows);
    EXPECT_EQ(python.exit_code, 1) << python.out << python.err;
    const std::string number = std::to_string(*report.first_bad_index);
    EXPECT_TRUE(python.out.find("BAD: entry " + number + ":") != std::string::npos ||
                python.out.find("is in [" + number + ",") != std::string::npos)
        << python.out << python.err << "but here: " << report.problem << " (" << number << ")";
  }

 private:
  platform::testing::TemporaryFolder folder_;
};

TEST_F(HistoryTamperInPython, A6_AgreesAtEveryIndex) {
  const auto untouched = RunPython(good_);
  EXPECT_EQ(untouched.exit_code, 0) << untouched.out << untouched.err;
  AtEveryIndex([&](std::uint64_t i, Rows rows) {
    Rows edited = rows;
    edited.leaves[i] = ForgedRow(i);
    ExpectAgreement(edited);
    Rows deleted = rows;
    deleted.leaves.erase(At(deleted.leaves, i));
    ExpectAgreement(deleted);
    Rows inserted = rows;
    inserted.leaves.insert(At(inserted.leaves, i), ForgedRow(i));
    ExpectAgreement(inserted);
    Rows swapped = rows;
    std::swap(swapped.leaves[i], swapped.leaves[(i + 4) % size()]);
    ExpectAgreement(swapped);
    Rows cut = rows;
    cut.leaves.resize(i);
    ExpectAgreement(cut);
  });
  for (std::size_t n = 0; n < good_.notes.size(); ++n) {
    Rows forged = good_;
    char& digit = forged.notes[n].note.at(forged.notes[n].note.size() - 10);
    digit = digit == 'A' ? 'B' : 'A';
    ExpectAgreement(forged);
  }
}

}  // namespace
}  // namespace agent::history
