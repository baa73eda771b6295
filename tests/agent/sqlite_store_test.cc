#include "agent/store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "agent/store/sqlite_schema.h"
#include "tests/platform/temporary_folder.h"

namespace agent::store {
namespace {

using policy::ErrorCode;

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return folder_ / "agent.db"; }
  void Sql(const char* sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void MakeOlder(std::size_t version) const {
    const auto connection = Connection::Open(file(), Connection::Mode::read_write).value();
    ASSERT_TRUE(Migrate(*connection, 0, version));
  }
  std::string Bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(file(), std::ios::binary).rdbuf();
    return bytes.str();
  }
  platform::testing::TemporaryFolder folder_;
};

TEST_F(SqliteStoreTest, S10_ASecondProcessIsRefused) {
  const auto store = OpenSqlite(file()).value();
  const auto second = OpenSqlite(file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  EXPECT_NE(second.error().detail.find("another process"), std::string::npos);
}

TEST_F(SqliteStoreTest, S7_ANewerSchemaIsRefusedUntouched) {
  ASSERT_TRUE(OpenSqlite(file()));
  Sql("PRAGMA user_version = 99");
  const std::string before = Bytes();
  const auto store = OpenSqlite(file());
  EXPECT_EQ(Bytes(), before);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::not_allowed);
  EXPECT_NE(store.error().detail.find("newer program"), std::string::npos) << store.error().detail;
}

TEST_F(SqliteStoreTest, AnOlderStoresAddressesAreFoundByTheirNetwork) {
  MakeOlder(3);
  Sql("INSERT INTO trait VALUES(1,'','','','');"
      "INSERT INTO proposal(kind, text, lifetime, policy_version, digest, state, confidence,"
      " needs_two, proposed_by, proposed_at, changed_at, trait, sources_total, reasons, evidence)"
      " VALUES(1,'192.0.2.7/32',1,'1',zeroblob(32),0,80,0,'policy',1,1,1,1,'[]','[]'),"
      " (2,'http://192.0.2.8/x',1,'1',zeroblob(32),0,80,0,'policy',1,1,1,1,'[]','[]')");
  const auto store = OpenSqlite(file());
  ASSERT_TRUE(store) << store.error().detail;
  const ProposalQuery query{.within_prefix = policy::IpPrefix::Parse("192.0.2.0/24").value()};
  EXPECT_EQ((*store)->Read().value()->ListProposals(query, std::nullopt, 10)->size(), 2U);
}

TEST_F(SqliteStoreTest, AnOlderStoresBlocksGetTheRiskThatTheirProposalsHad) {
  MakeOlder(5);
  Sql("INSERT INTO trait VALUES(1,'','','','');"
      "INSERT INTO proposal(id, kind, text, lifetime, policy_version, digest, state, confidence,"
      " needs_two, proposed_by, proposed_at, changed_at, trait, sources_total, reasons, evidence)"
      " VALUES(7,0,'a.example',1,'1',zeroblob(32),1,80,0,'policy',1,1,1,1,'[]','[]');"
      "INSERT INTO block(proposal, kind, text, digest, approved_by, approved_at, expires_at, "
      "reason,"
      " manual, removed_because) VALUES(7,0,'a.example',zeroblob(32),'alice',1,2,'',0,''),"
      " (8,0,'b.example',zeroblob(32),'alice',1,2,'',0,''),"
      " (7,0,'c.example',zeroblob(32),'alice',1,2,'',1,'');"
      "INSERT INTO release VALUES(1,1,'');"
      "INSERT INTO release_list VALUES(1,'dns',zeroblob(32),0,0,0)");
  const auto store = OpenSqlite(file());
  ASSERT_TRUE(store) << store.error().detail;
  const auto reader = (*store)->Read().value();
  EXPECT_EQ(reader->FindBlock(1).value()->risk, 80);
  EXPECT_EQ(reader->FindBlock(2).value()->risk, 0) << "nothing is known of it";
  EXPECT_EQ(reader->FindBlock(3).value()->risk, 100);
  EXPECT_EQ(reader->LatestRelease().value()->lists.at(0).terms, policy::Sha256{});
}

TEST_F(SqliteStoreTest, AnOlderStoresProposalsKeepTheirTraits) {
  MakeOlder(14);
  Sql("INSERT INTO trait VALUES(3,',misp,','c2','emotet',',fresh,');"
      "INSERT INTO proposal(id, kind, text, lifetime, policy_version, digest, state, confidence,"
      " needs_two, proposed_by, proposed_at, changed_at, trait, sources_total, reasons, evidence)"
      " VALUES(7,0,'a.example',1,'1',zeroblob(32),0,80,0,'policy',1,1,3,1,'[]','[]');"
      "INSERT INTO proposal_count VALUES(0,0,3,1)");
  auto store = OpenSqlite(file());
  ASSERT_TRUE(store) << store.error().detail;
  auto found = (*store)->Read().value()->FindProposal(7).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->malware, "emotet");
  EXPECT_EQ(found->campaign, "");
  found->campaign = "Dust";
  auto transaction = (*store)->Begin().value();
  ASSERT_TRUE(transaction->PutProposal(*found));
  ASSERT_TRUE(transaction->Commit());
  const auto reader = (*store)->Read().value();
  EXPECT_EQ(reader->FindProposal(7).value()->campaign, "Dust");
  EXPECT_EQ(reader->CountByTrait({}).value().at(0).campaign, "Dust");
  const auto connection = Connection::Open(file(), Connection::Mode::read_only).value();
  EXPECT_EQ(connection->AskInt("SELECT count(*) FROM pragma_foreign_key_check").value(), 0);
  EXPECT_EQ(connection->AskInt("SELECT count(*) FROM pragma_foreign_key_list('proposal')").value(),
            1);
}

TEST_F(SqliteStoreTest, AnotherProgramsDatabaseIsRefusedUntouched) {
  Sql("CREATE TABLE other(x)");
  const std::string before = Bytes();
  EXPECT_EQ(OpenSqlite(file()).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(Bytes(), before);
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(file()) << std::string(10'000, 'x');
  EXPECT_EQ(OpenSqlite(file()).error().code, ErrorCode::corrupt);
}

TEST_F(SqliteStoreTest, AFolderThatIsNotThereIsNamed) {
  const auto store = OpenSqlite(folder_ / "no" / "agent.db");
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail.find("agent.db"), std::string::npos);
}

TEST_F(SqliteStoreTest, OnlyItsOwnerCanReadIt) {
  const auto store = OpenSqlite(file()).value();
  for (const char* end : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    ASSERT_EQ(::stat((file().string() + end).c_str(), &info), 0) << end;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << end;
  }
}

TEST_F(SqliteStoreTest, ARowThatIsNoIndicatorIsCorrupt) {
  {
    const auto store = OpenSqlite(file()).value();
    const auto transaction = store->Begin().value();
    ASSERT_TRUE(
        transaction->PutProposal({.target = policy::ParseLine("domain evil.example").value()}));
    ASSERT_TRUE(transaction->Commit());
  }
  Sql("UPDATE proposal SET text = 'not a domain'");
  const auto store = OpenSqlite(file()).value();
  EXPECT_EQ(store->Read().value()->FindProposal(1).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace agent::store
