#include "agent/store/sqlite_people.h"

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

// States of proposals that nobody has decided: pending and deferred.
constexpr std::int64_t pending = EnumColumn(ProposalState::pending);
constexpr std::int64_t deferred = EnumColumn(ProposalState::deferred);

Result<Account> ReadAccount(const Query& row) {
  Account account{.name = row.Text(0),
                  .role = row.Text(1),
                  .password = row.Text(2),
                  .one_time_secret = row.Text(3),
                  .one_time_step = row.Int(4),
                  .disabled = row.Int(5) != 0,
                  .created = TimeOf(row.Int(6)),
                  .last_log_in = MaybeTime(row, 7),
                  .invitation = std::nullopt,
                  .invitation_expires = MaybeTime(row, 9),
                  .external_id = row.Text(10)};
  if (!row.IsNull(8)) {
    const auto invitation = row.Digest(8);
    if (!invitation) return tl::unexpected(invitation.error());
    account.invitation = *invitation;
  }
  return account;
}

Result<Session> ReadSession(const Query& row) {
  const auto digest = row.Digest(0);
  if (!digest) return tl::unexpected(digest.error());
  return Session{*digest, row.Text(1), TimeOf(row.Int(2)), TimeOf(row.Int(3))};
}

Result<ApiToken> ReadApiToken(const Query& row) {
  const auto digest = row.Digest(3);
  if (!digest) return tl::unexpected(digest.error());
  return ApiToken{row.Int(0),         row.Text(1),        row.Text(2),     *digest,    row.Text(4),
                  TimeOf(row.Int(5)), TimeOf(row.Int(6)), row.Int(7) != 0, row.Text(8)};
}

}  // namespace

Result<std::vector<Account>> Accounts(Connection& connection) {
  return AllRows<Account>(
      connection.Ask("SELECT name, role, password, one_time_secret, one_time_step, disabled,"
                     " created, last_log_in, invitation, invitation_expires, external_id"
                     " FROM account ORDER BY name"),
      ReadAccount);
}

Result<void> PutAccount(Connection& connection, const Account& account) {
  return connection
      .Ask(
          "INSERT INTO account(name, role, password, one_time_secret, one_time_step, disabled,"
          " created, last_log_in, invitation, invitation_expires, external_id)"
          " VALUES(?,?,?,?,?,?,?,?,?,?,?)"
          " ON CONFLICT(name) DO UPDATE SET role = excluded.role, password = excluded.password,"
          " one_time_secret = excluded.one_time_secret, one_time_step = excluded.one_time_step,"
          " disabled = excluded.disabled, last_log_in = excluded.last_log_in,"
          " invitation = excluded.invitation, invitation_expires = excluded.invitation_expires",
          std::string_view(account.name), std::string_view(account.role),
          std::string_view(account.password), Blob{account.one_time_secret}, account.one_time_step,
          std::int64_t{account.disabled ? 1 : 0}, ToColumn(account.created),
          ToColumn(account.last_log_in),
          account.invitation ? Value(BlobOf(*account.invitation)) : Value(nullptr),
          ToColumn(account.invitation_expires), std::string_view(account.external_id))
      .Run();
}

Result<std::vector<Session>> Sessions(Connection& connection) {
  return AllRows<Session>(
      connection.Ask("SELECT digest, account, created, used FROM session ORDER BY digest"),
      ReadSession);
}

Result<void> PutSession(Connection& connection, const Session& session) {
  return connection
      .Ask("INSERT OR REPLACE INTO session(digest, account, created, used) VALUES(?,?,?,?)",
           BlobOf(session.digest), std::string_view(session.account), ToColumn(session.created),
           ToColumn(session.used))
      .Run();
}

Result<void> RemoveSession(Connection& connection, const policy::Sha256& digest) {
  return connection.Ask("DELETE FROM session WHERE digest = ?", BlobOf(digest)).Run();
}

Result<std::vector<ApiToken>> ApiTokens(Connection& connection) {
  return AllRows<ApiToken>(
      connection.Ask("SELECT id, name, role, digest, created_by, created, expires, revoked,"
                     " scope FROM api_token ORDER BY id"),
      ReadApiToken);
}

Result<std::int64_t> PutApiToken(Connection& connection, const ApiToken& token) {
  if (token.id != 0) {
    auto done = connection
                    .Ask("UPDATE api_token SET revoked = ?, expires = ? WHERE id = ?",
                         std::int64_t{token.revoked ? 1 : 0}, ToColumn(token.expires), token.id)
                    .Run();
    if (!done) return tl::unexpected(done.error());
    if (connection.Changes() != 0) return token.id;
    return policy::Fail(policy::ErrorCode::not_found,
                        "there is no token " + std::to_string(token.id) + " to replace");
  }
  auto done =
      connection
          .Ask(
              "INSERT INTO api_token(name, role, digest, created_by, created, expires, revoked,"
              " scope) VALUES(?,?,?,?,?,?,?,?)",
              std::string_view(token.name), std::string_view(token.role), BlobOf(token.digest),
              std::string_view(token.created_by), ToColumn(token.created), ToColumn(token.expires),
              std::int64_t{token.revoked ? 1 : 0}, std::string_view(token.scope))
          .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.LastInsertId();
}

Result<std::vector<OpenActOf>> OpenActs(Connection& connection) {
  return AllRows<OpenActOf>(
      connection.Ask("SELECT voter, ? FROM vote JOIN proposal ON proposal.id = vote.proposal"
                     " WHERE proposal.state IN (?, ?)"
                     " UNION SELECT voter, ? FROM standing_vote"
                     " JOIN standing_approval s ON s.id = approval WHERE s.state < 2"
                     " UNION SELECT voter, ? FROM bulk_decision WHERE state = 0"
                     " UNION SELECT asked_by, ? FROM allow_entry"
                     " WHERE ended_at IS NULL AND asked_by <> ''"
                     " UNION SELECT proposed_by, ? FROM rule_change WHERE state = ? ORDER BY 1, 2",
                     EnumColumn(OpenAct::vote), pending, deferred,
                     EnumColumn(OpenAct::standing_vote), EnumColumn(OpenAct::bulk),
                     EnumColumn(OpenAct::allow_removal), EnumColumn(OpenAct::rules),
                     EnumColumn(RuleState::open)),
      [](const Query& row) -> Result<OpenActOf> {
        return OpenActOf{row.Text(0), static_cast<OpenAct>(row.Int(1))};
      });
}

Result<WaitingVotes> VotesThatWait(Connection& connection) {
  auto found = OneRow<WaitingVotes>(
      connection.Ask("SELECT count(DISTINCT vote.proposal), min(vote.at) FROM vote"
                     " JOIN proposal ON proposal.id = vote.proposal WHERE proposal.state = ?",
                     pending),
      [](const Query& row) {
        return Result<WaitingVotes>({NumberOf(row, 0), MaybeTime(row, 1)});
      });
  if (!found) return tl::unexpected(found.error());
  return found->value_or(WaitingVotes());
}

Result<std::uint64_t> ClearOpenActs(Connection& connection, const OpenActOf& act,
                                    std::string_view because) {
  const std::string_view person = act.person;
  const auto clear = [&]() -> Result<void> {
    switch (act.act) {
      case OpenAct::vote:
        return connection
            .Ask(
                "DELETE FROM vote WHERE voter = ? AND EXISTS (SELECT 1 FROM proposal"
                " WHERE proposal.id = vote.proposal AND proposal.state IN (?, ?))",
                person, pending, deferred)
            .Run();
      case OpenAct::standing_vote:
        return connection
            .Ask(
                "DELETE FROM standing_vote WHERE voter = ? AND EXISTS (SELECT 1 FROM"
                " standing_approval s WHERE s.id = approval AND s.state < 2)",
                person)
            .Run();
      case OpenAct::bulk:
        return connection
            .Ask(
                "UPDATE bulk_decision SET ended_because = ?"
                " WHERE voter = ? AND state = 0 AND ended_because = ''",
                because, person)
            .Run();
      case OpenAct::allow_removal:
        return connection
            .Ask(
                "UPDATE allow_entry SET asked_by = '', asked_at = NULL, asked_because = ''"
                " WHERE ended_at IS NULL AND asked_by = ?",
                person)
            .Run();
      case OpenAct::rules:
        return connection
            .Ask(
                "UPDATE rule_change SET state = ?, decided_by = 'agent', decision_reason = ?"
                " WHERE state = ? AND proposed_by = ?",
                EnumColumn(RuleState::rejected), because, EnumColumn(RuleState::open), person)
            .Run();
    }
    return {};
  };
  if (auto done = clear(); !done) return tl::unexpected(done.error());
  return static_cast<std::uint64_t>(connection.Changes());
}

}  // namespace agent::store
