#include "exporters/rpz/transfer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "exporters/rpz/ldns_handle.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using Records = std::vector<std::string>;

const TsigKey key{"sekisho", "c2VraXNobyB0ZXN0IGtleSwgbm90IGEgc2VjcmV0ISE="};
const std::string soa = "rpz.test. 60 IN SOA localhost. hostmaster.localhost. 7 60 30 3024000 60";
const std::string evil = "evil.example.rpz.test. 60 IN CNAME .";

// A primary's answers to one transfer, each signed as continuing the one before.
class Answers {
 public:
  explicit Answers(const Request& request) : id_(request.id), mac_(request.mac) {}

  std::string Next(const Records& records, bool is_signed = true) {
    const Packet packet(ldns_pkt_new());
    ldns_pkt_set_id(packet.get(), id_);
    ldns_pkt_set_qr(packet.get(), true);
    for (const std::string& record : records) {
      ldns_rr* rr = nullptr;
      EXPECT_EQ(ldns_rr_new_frm_str(&rr, record.c_str(), 0, nullptr, nullptr), LDNS_STATUS_OK);
      ldns_pkt_push_rr(packet.get(), LDNS_SECTION_ANSWER, rr);
    }
    if (is_signed) Sign(packet.get());
    std::uint8_t* raw = nullptr;
    std::size_t size = 0;
    EXPECT_EQ(ldns_pkt2wire(&raw, packet.get(), &size), LDNS_STATUS_OK);
    const Bytes wire(raw);
    return {reinterpret_cast<const char*>(wire.get()), size};
  }

 private:
  void Sign(ldns_pkt* packet) {
    const Rdf before(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, mac_.size(), mac_.data()));
    EXPECT_EQ(ldns_pkt_tsig_sign_next(packet, key.name.c_str(), key.secret.c_str(), 300,
                                      "hmac-sha256.", before.get(), is_first_ ? 0 : 1),
              LDNS_STATUS_OK);
    is_first_ = false;
    const ldns_rdf* const mac = ldns_rr_rdf(ldns_pkt_tsig(packet), 3);
    mac_.assign(reinterpret_cast<const char*>(ldns_rdf_data(mac)), ldns_rdf_size(mac));
  }

  const std::uint16_t id_;
  std::string mac_;
  bool is_first_ = true;
};

class RpzTransferTest : public ::testing::Test {
 protected:
  const Request request_ = MakeQuery("rpz.test", RecordType::axfr, false, &key).value();
  Answers primary_{request_};
  Transfer transfer_{request_, "rpz.test", key};
};

TEST_F(RpzTransferTest, IsCompleteOnceTheSoaCameTwice) {
  ASSERT_TRUE(transfer_.Add(primary_.Next({soa, evil})));
  EXPECT_FALSE(transfer_.complete());
  const auto last = transfer_.Add(primary_.Next({"*.evil.example.rpz.test. 60 IN CNAME .", soa}));
  ASSERT_TRUE(last) << last.error().detail;
  EXPECT_TRUE(transfer_.complete());
  EXPECT_EQ(transfer_.records(), "evil.example CNAME .\n*.evil.example CNAME .\n");
}

TEST_F(RpzTransferTest, APartWithoutASignatureOrOfAnotherChainIsRefused) {
  ASSERT_TRUE(transfer_.Add(primary_.Next({soa})));
  EXPECT_EQ(transfer_.Add(primary_.Next({evil}, false)).error().code, ErrorCode::unauthenticated);

  Transfer other(request_, "rpz.test", key);
  Answers anew(request_);
  ASSERT_TRUE(other.Add(anew.Next({soa})));
  const std::string lost = anew.Next({evil});
  EXPECT_EQ(other.Add(anew.Next({soa})).error().code, ErrorCode::unauthenticated)
      << "a part between was left out: " << lost.size();
}

TEST_F(RpzTransferTest, APartThatWasChangedIsRefused) {
  std::string wire = primary_.Next({soa, evil});
  const auto at = wire.find("evil");
  ASSERT_NE(at, wire.npos);
  wire[at] = 'd';
  EXPECT_EQ(transfer_.Add(wire).error().code, ErrorCode::unauthenticated);
}

TEST_F(RpzTransferTest, WhatIsNoWholeZoneIsRefused) {
  EXPECT_EQ(transfer_.Add(primary_.Next({evil})).error().code, ErrorCode::malformed_input);
  Transfer longer(request_, "rpz.test", key);
  EXPECT_EQ(longer.Add(Answers(request_).Next({soa, soa, evil})).error().code,
            ErrorCode::malformed_input);
  Transfer foreign(request_, "rpz.test", key);
  Request another = request_;
  ++another.id;
  EXPECT_EQ(foreign.Add(Answers(another).Next({soa})).error().code, ErrorCode::malformed_input);
}

TEST_F(RpzTransferTest, ARecordBehindASignatureIsRefusedUnparsed) {
  std::string wire = primary_.Next({soa});
  const std::string record = {'\0', '\0', '\x10', '\0', '\xff', '\0', '\0', '\0', '\0', '\0', '\0'};
  wire[11] = 2;  // of the additional section: the TSIG and that record, a TXT of the root
  EXPECT_EQ(transfer_.Add(wire + record).error().code, ErrorCode::malformed_input);
  Transfer cut(request_, "rpz.test", key);
  const std::string whole = Answers(request_).Next({soa, evil});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(cut.Add(std::string_view(whole).substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace exporters::rpz
