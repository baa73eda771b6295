#pragma once

#include <string>
#include <vector>

#include "sekisho/v1/allowlist.grpc.pb.h"

namespace cli::testing {

namespace v1 = sekisho::v1;

// Keeps what people add. Any entry would take two blocks out; any removal asks for a second person.
class FakeAllowlists final : public v1::Allowlists::Service {
 public:
  std::vector<v1::AllowEntry> entries;  // 1, 2, ...
  v1::AddAllowEntryRequest last_add;

 private:
  grpc::Status ListAllowlists(grpc::ServerContext* context,
                              const v1::ListAllowlistsRequest* request,
                              v1::ListAllowlistsResponse* response) override;
  grpc::Status SearchAllowlists(grpc::ServerContext* context,
                                const v1::SearchAllowlistsRequest* request,
                                v1::SearchAllowlistsResponse* response) override;
  grpc::Status AddAllowEntry(grpc::ServerContext* context, const v1::AddAllowEntryRequest* request,
                             v1::AllowEntryResponse* response) override;
  grpc::Status RemoveAllowEntry(grpc::ServerContext* context,
                                const v1::RemoveAllowEntryRequest* request,
                                v1::AllowEntryResponse* response) override;
};

}  // namespace cli::testing
