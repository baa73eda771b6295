#include <cstdint>
#include <string_view>

#include "exporters/rpz/message.h"
#include "exporters/rpz/transfer.h"
#include "tests/fuzz/require.h"

// Reads the input as what a resolver answers, and as a part of a zone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace exporters::rpz;
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  const TsigKey key{"sekisho", "c2VraXNobyB0ZXN0IGtleSwgbm90IGEgc2VjcmV0ISE="};
  Request request;
  if (size >= 2) request.id = static_cast<std::uint16_t>(data[0] << 8 | data[1]);
  const auto response = ReadResponse(wire, request, &key);
  if (response) Require(!response->verified, "nobody else has the key");
  Transfer transfer(request, "rpz.test", key);
  Require(!transfer.Add(wire), "nobody else has the key");
  return 0;
}
