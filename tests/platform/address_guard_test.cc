#include "platform/address_guard.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

TEST(AddressGuardTest, RefusesEveryAddressThatIsNotOnTheInternet) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "100.100.100.200",
                              "127.0.0.1",
                              "127.255.0.9",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.192",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "168.63.129.16",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "::127.0.0.1",
                              "64:ff9b::a9fe:a9fe",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:db8::1",
                              "2001:10::1",
                              "2002:7f00:1::",
                              "2002:a9fe:a9fe::1",
                              "3fff::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "4000::1"}) {
    EXPECT_EQ(IsPublicAddress(address), false) << address;
  }
}

TEST(AddressGuardTest, AllowsTheNeighboursOfThoseRanges) {
  for (const char* address :
       {"1.1.1.1",       "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
        "100.128.0.0",   "126.255.255.255", "128.0.0.1",        "169.253.255.255",
        "169.255.0.0",   "172.15.255.255",  "172.32.0.0",       "192.167.255.255",
        "192.169.0.0",   "198.17.255.255",  "198.20.0.0",       "223.255.255.255",
        "168.63.129.17", "::ffff:8.8.8.8",  "64:ff9b::808:808", "2001:200::1",
        "2001:db9::1",   "2002:808:808::1", "2606:4700::1111",  "2a00:1450:4001::1",
        "3fff:1000::1"}) {
    EXPECT_EQ(IsPublicAddress(address), true) << address;
  }
}

TEST(AddressGuardTest, HasNoOpinionOfWhatIsNoAddress) {
  for (const char* text : {"", "example.com", "127.1", "0x7f.0.0.1", "::1%lo", "1.2.3.4.5"}) {
    EXPECT_EQ(IsPublicAddress(text), std::nullopt) << text;
  }
}

TEST(AddressGuardTest, RefusesOtherFamilies) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_FALSE(IsPublicAddress(address));
}

}  // namespace
}  // namespace platform
