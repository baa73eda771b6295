// What filters find, against a slow and obvious filter; and that none of them makes SQLite look at
// the wide rows of the queue.

#include "agent/store/sqlite_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "agent/store/sqlite_proposals.h"
#include "agent/store/sqlite_schema.h"
#include "policy/ascii.h"
#include "tests/agent/store_fixture.h"

namespace agent::store {
namespace {

using Random = std::mt19937;

template <class T>
const T& AnyOf(const std::vector<T>& values, Random& random) {
  return values[random() % values.size()];
}

const std::vector<std::string> kLines{"domain evil.example",
                                      "domain a.evil.example",
                                      "domain evilexample.org",
                                      "domain com",
                                      "domain xn--fiqs8s.example",
                                      "url http://evil.example/a?b=c",
                                      "url https://192.0.2.9:8443/zz",
                                      "url http://other.org/EVIL",
                                      "ip 192.0.2.0/24",
                                      "ip 192.0.2.9/32",
                                      "ip 192.0.0.0/16",
                                      "ip 2001:db8::/32",
                                      "ip 2001:db8::1/128",
                                      "domain b.a.evil.example",
                                      "domain org"};

Proposal AnyProposal(Random& random) {
  Proposal proposal = SomeProposal(AnyOf(kLines, random), static_cast<int>(random() % 4) * 25);
  proposal.state = static_cast<ProposalState>(random() % 5);
  proposal.needs_two = random() % 2 == 0;
  proposal.hits = random() % 3 * 10;
  proposal.proposed_at = At(static_cast<int>(random() % 3) * 10);
  proposal.feeds = AnyOf<std::string>({",misp,", ",misp2,", ",misp,urlhaus,", ","}, random);
  proposal.threat = AnyOf<std::string>({"c2", "payload", ""}, random);
  proposal.malware = AnyOf<std::string>({"Emotet", "QakBot", ""}, random);
  proposal.campaign = AnyOf<std::string>({"Dust", ""}, random);
  proposal.reason_codes = AnyOf<std::string>({",fresh,", ",confident,fresh,", ","}, random);
  return proposal;
}

// A few use a few.
std::int64_t ClientsOf(policy::IndicatorKind kind, std::string_view text) {
  return kind == policy::IndicatorKind::file_hash || text.size() % 4 != 0 ? 0 : text.size() % 3;
}

ProposalQuery AnyQuery(Random& random) {
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  ProposalQuery query;
  while (one_in(2)) query.states.push_back(static_cast<ProposalState>(random() % 5));
  if (one_in(4)) query.kind = static_cast<policy::IndicatorKind>(random() % 4);
  if (one_in(5)) query.feed = AnyOf<std::string>({"misp", "urlhaus", "mis"}, random);
  if (one_in(5)) query.threat = AnyOf<std::string>({"C2", "payload"}, random);
  if (one_in(5)) query.malware = AnyOf<std::string>({"emotet", "QAKBOT"}, random);
  if (one_in(5)) query.campaign = "DUST";
  if (one_in(5)) query.reason = AnyOf<std::string>({"fresh", "confident", "fre"}, random);
  if (one_in(4)) query.confidence_min = static_cast<int>(random() % 4) * 25;
  if (one_in(4)) query.confidence_max = static_cast<int>(random() % 4) * 25;
  if (one_in(3))
    query.text = AnyOf<std::string>({"EVIL", "e", ".", "2.0/", "%", "nowhere"}, random);
  if (one_in(4)) query.within = AnyOf<std::string>({"evil.example", "example", "org"}, random);
  if (query.within.empty() && one_in(4)) {
    query.within_prefix = policy::IpPrefix::Parse(
                              AnyOf<std::string>({"192.0.2.0/24", "::/0", "192.0.2.9/32"}, random))
                              .value();
  }
  if (one_in(5)) query.proposed_from = At(static_cast<int>(random() % 3) * 10);
  if (one_in(5)) query.proposed_to = At(static_cast<int>(random() % 3) * 10);
  if (one_in(5)) query.hits_min = random() % 3 * 10;
  if (one_in(5)) query.hits_max = random() % 3 * 10;
  if (one_in(4)) query.needs_two = random() % 2 == 0;
  if (one_in(5)) query.clients_min = random() % 3;
  if (one_in(5)) query.clients_max = random() % 3;
  query.clients_of = ClientsOf;
  return query;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), policy::ToLower);
  return text;
}

bool LiesWithin(const Proposal& proposal, const ProposalQuery& query) {
  const auto* domain = std::get_if<policy::Domain>(&proposal.target);
  const auto* prefix = std::get_if<policy::IpPrefix>(&proposal.target);
  if (const auto* url = std::get_if<policy::Url>(&proposal.target)) {
    domain = std::get_if<policy::Domain>(&url->host());
    prefix = std::get_if<policy::IpPrefix>(&url->host());
  }
  if (query.within_prefix) return prefix != nullptr && query.within_prefix->Contains(*prefix);
  if (query.within.empty()) return true;
  return domain != nullptr && ("." + domain->name()).ends_with("." + query.within);
}

bool Matches(const Proposal& proposal, const ProposalQuery& query) {
  const auto lists = [](const std::string& list, const std::string& name) {
    return name.empty() || list.find("," + name + ",") != std::string::npos;
  };
  const auto between = [](auto value, const auto& min, const auto& max) {
    return (!min || value >= *min) && (!max || value <= *max);
  };
  const auto& states = query.states;
  return (states.empty() ||
          std::find(states.begin(), states.end(), proposal.state) != states.end()) &&
         (!query.kind || policy::KindOf(proposal.target) == *query.kind) &&
         lists(proposal.feeds, query.feed) && lists(proposal.reason_codes, query.reason) &&
         (query.threat.empty() || Lower(proposal.threat) == Lower(query.threat)) &&
         (query.malware.empty() || Lower(proposal.malware) == Lower(query.malware)) &&
         (query.campaign.empty() || Lower(proposal.campaign) == Lower(query.campaign)) &&
         between(proposal.confidence, query.confidence_min, query.confidence_max) &&
         between(proposal.proposed_at, query.proposed_from, query.proposed_to) &&
         between(proposal.hits, query.hits_min, query.hits_max) &&
         between(ClientsOf(policy::KindOf(proposal.target), policy::TextOf(proposal.target)),
                 query.clients_min, query.clients_max) &&
         (!query.needs_two || proposal.needs_two == *query.needs_two) &&
         Lower(policy::TextOf(proposal.target)).find(Lower(query.text)) != std::string::npos &&
         LiesWithin(proposal, query);
}

class SqliteFilterTest : public ::testing::Test {
 protected:
  static constexpr int kRows = 400;

  SqliteFilterTest() {
    EXPECT_TRUE(connection_->UseWal());
    EXPECT_TRUE(Migrate(*connection_, 0));
    ProposalWrites writes(*connection_);
    for (int i = 0; i < kRows; ++i) {
      Proposal proposal = AnyProposal(random_);
      proposal.id = writes.Put(proposal).value();
      proposals_.push_back(std::move(proposal));
    }
    EXPECT_TRUE(writes.Flush());
  }

  // Ids in the queue's order.
  std::vector<std::int64_t> Expected(const ProposalQuery& query) const {
    std::vector<Place> places;
    for (const Proposal& each : proposals_) {
      if (Matches(each, query)) places.push_back({each.confidence, each.id});
    }
    std::sort(places.begin(), places.end());
    std::vector<std::int64_t> ids;
    for (const Place& place : places) ids.push_back(place.id);
    return ids;
  }

  static std::vector<std::int64_t> IdsOf(const std::vector<Proposal>& proposals) {
    std::vector<std::int64_t> ids;
    for (const Proposal& each : proposals) ids.push_back(each.id);
    return ids;
  }

  Random random_{1};
  platform::testing::TemporaryFolder folder_;
  std::unique_ptr<Connection> connection_ =
      Connection::Open(folder_ / "a.db", Connection::Mode::read_write).value();
  ProposalReads reads_{*connection_};
  std::vector<Proposal> proposals_;
};

TEST_F(SqliteFilterTest, FindsWhatASlowFilterFinds) {
  std::size_t found = 0;
  for (int i = 0; i < 2000; ++i) {
    const ProposalQuery query = AnyQuery(random_);
    const auto expected = Expected(query);
    found += expected.size();
    ASSERT_EQ(IdsOf(reads_.List(query, std::nullopt, kRows).value()), expected) << i;
    ASSERT_EQ(reads_.Count(query).value(), expected.size()) << i;
    std::set<std::int64_t> visited;
    ASSERT_TRUE(reads_.ForEach(
        query, [&](const Proposal& each) { return visited.insert(each.id).second; }));
    ASSERT_EQ(visited, std::set(expected.begin(), expected.end())) << i;
  }
  EXPECT_GT(found, 10'000U);  // or nothing was tried
}

TEST_F(SqliteFilterTest, PagesAreThePartsOfTheWhole) {
  for (int i = 0; i < 300; ++i) {
    const ProposalQuery query = AnyQuery(random_);
    const auto expected = Expected(query);
    std::vector<std::int64_t> paged;
    std::optional<Reader::Cursor> after;
    for (;;) {
      const auto page = reads_.Page(query, after, 7).value();
      ASSERT_EQ(page.total, expected.size()) << i;
      for (const Proposal& each : page.proposals) paged.push_back(each.id);
      if (page.proposals.size() < 7) break;
      after = Reader::Cursor{page.proposals.back().confidence, page.proposals.back().id};
    }
    ASSERT_EQ(paged, expected) << i;
  }
}

// A million rows are 300 MB; their indexes that are asked here, 50.
TEST_F(SqliteFilterTest, O3_NoFilterScansTheRows) {
  for (int i = 0; i < 500; ++i) {
    const ProposalQuery query = AnyQuery(random_);
    ASSERT_TRUE(reads_.Page(query, std::nullopt, 10));
    ASSERT_TRUE(reads_.Page(query, Reader::Cursor{50, 10}, 10));
    ASSERT_TRUE(reads_.Count(query));
    ASSERT_TRUE(reads_.CountByTrait(query));
  }
  std::size_t plans = 0;
  for (const std::string& sql : connection_->IdleStatements()) {
    if (!sql.starts_with("SELECT")) continue;
    Query plan = connection_->Ask("EXPLAIN QUERY PLAN " + sql);
    while (plan.Next().value()) {
      const std::string step = plan.Text(3);
      if (step.find(" proposal ") == std::string::npos && step != "SCAN proposal") continue;
      ++plans;
      EXPECT_TRUE(step.find("USING COVERING INDEX") != std::string::npos ||
                  step.find("(rowid=?)") != std::string::npos)
          << step << "\n"
          << sql;
      EXPECT_FALSE(step.starts_with("SCAN")) << step << "\n" << sql;
    }
  }
  EXPECT_GT(plans, 10U);  // or nothing was looked at
}

}  // namespace
}  // namespace agent::store
