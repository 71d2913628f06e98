// Package v20170312 stands where flanneld imports the client of Tencent Cloud's VPC, whose module not every proxy serves. This
// flanneld is without the backend tencent-vpc: whoever asks for it is told so. All else of it is upstream's.
package v20170312

import "errors"

var errLeftOut = errors.New("this flanneld was built without the backend tencent-vpc: choose another Backend, such as vxlan")

type Filter struct {
	Name   *string
	Values []*string
}

type Route struct {
	DestinationCidrBlock, GatewayType, GatewayId, RouteType *string
	RouteId                                                 *uint64
	Enabled                                                 *bool
}

type RouteTable struct {
	RouteTableId *string
	RouteSet     []*Route
}

type RouteTables struct{ RouteTableSet []*RouteTable }

type (
	DescribeRouteTablesRequest  struct{ Filters []*Filter }
	DescribeRouteTablesResponse struct{ Response *RouteTables }
	RoutesRequest               struct {
		RouteTableId *string
		Routes       []*Route
	}
	Client struct{}
)

func NewClientWithSecretId(id, key, region string) (*Client, error) { return &Client{}, nil }

func NewDescribeRouteTablesRequest() *DescribeRouteTablesRequest { return &DescribeRouteTablesRequest{} }
func NewCreateRoutesRequest() *RoutesRequest                     { return &RoutesRequest{} }
func NewDeleteRoutesRequest() *RoutesRequest                     { return &RoutesRequest{} }

func (*Client) DescribeRouteTables(*DescribeRouteTablesRequest) (*DescribeRouteTablesResponse, error) {
	return nil, errLeftOut
}
func (*Client) CreateRoutes(*RoutesRequest) (any, error) { return nil, errLeftOut }
func (*Client) DeleteRoutes(*RoutesRequest) (any, error) { return nil, errLeftOut }
