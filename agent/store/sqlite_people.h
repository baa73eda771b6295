#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

namespace agent::store {

// The reads and writes that are about accounts, sessions and tokens, and about what people did that
// holds only while they may.

Result<std::vector<Account>> Accounts(Connection& connection);
Result<void> PutAccount(Connection& connection, const Account& account);
Result<std::vector<Session>> Sessions(Connection& connection);
Result<void> PutSession(Connection& connection, const Session& session);
Result<void> RemoveSession(Connection& connection, const policy::Sha256& digest);
Result<std::vector<ApiToken>> ApiTokens(Connection& connection);
Result<std::int64_t> PutApiToken(Connection& connection, const ApiToken& token);

Result<std::vector<OpenActOf>> OpenActs(Connection& connection);
Result<WaitingVotes> VotesThatWait(Connection& connection);
Result<std::uint64_t> ClearOpenActs(Connection& connection, const OpenActOf& act,
                                    std::string_view because);

}  // namespace agent::store
